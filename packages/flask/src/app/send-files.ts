/** `sendFile` and `sendFromDirectory` for the current request. What reads files is loaded when one is sent. */

import type { SendFileOptions } from '../files/send.ts';
import type { FileLike } from '../files/source.ts';
import { requireRequestContext } from './context.ts';

/**
 * Sends a file, bytes or a stream, with ranges and conditions. Flask's `send_file`.
 *
 * A relative path is relative to the app's folder. Never give it a path that comes from the client: that is what
 * `sendFromDirectory` is for.
 * @throws TypeError when neither a name nor a type is known @throws what the file system throws
 */
export async function sendFile(file: FileLike, options: SendFileOptions = {}): Promise<Response> {
  const { app, raw } = requireRequestContext();
  const files = await import('../files/send.ts');
  return files.sendFile(file, raw, { rootPath: app.rootPath, maxAge: app.sendFileMaxAge, ...options });
}

/**
 * Sends a file of a folder, and nothing outside of it, whatever the client asks for. Flask's `send_from_directory`.
 *
 * @param directory relative to the app's folder @param path as the client gave it
 * @throws a 404 where there is no such file in the folder
 */
export async function sendFromDirectory(
  directory: string,
  path: string,
  options: SendFileOptions = {},
): Promise<Response> {
  const { app, raw } = requireRequestContext();
  const files = await import('../files/send.ts');
  return files.sendFromDirectory(directory, path, raw, {
    rootPath: app.rootPath,
    maxAge: app.sendFileMaxAge,
    ...options,
  });
}

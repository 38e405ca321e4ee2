/** Puts the files of setting `static` before an app of `(req, res)`. */
import type { NodeListener } from '../../contract/app.ts';
import { MessageExchange } from '../../http/node/message-exchange.ts';
import type { StaticFiles } from '../../http/static/static-files.ts';

export function filesBefore(files: StaticFiles | undefined, listener: NodeListener): NodeListener {
  if (files === undefined) return listener;
  return (req, res) => {
    const answer = files.mayHave(req.method, req.url) ? files.find(new MessageExchange(req, res)) : undefined;
    return answer === undefined ? listener(req, res) : answer();
  };
}

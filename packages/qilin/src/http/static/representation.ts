/** One form of a file, as it lies there or encoded, and what is said of it. */
import type { Validators } from './conditions.ts';
import type { OpenFile } from './open-file.ts';

/** The same for all forms of a file. */
export interface Description {
  readonly contentType: string;
  readonly cacheControl: string;
  /** There are several forms of it: which one is sent depends on what the client takes. */
  readonly varies: boolean;
}

export class Representation implements Validators {
  readonly file: OpenFile;
  readonly etag: string;
  readonly lastModified: string;
  readonly modifiedAt: number;
  readonly contentType: string;
  /** Header lines: of the whole, of one range, of several (which have their type in each part), and of what is not sent. */
  readonly wholeLines: string;
  readonly partLines: string;
  readonly partsLines: string;
  readonly unsentLines: string;

  /** @param coding Undefined for the file as it is. */
  constructor(file: OpenFile, coding: string | undefined, { contentType, cacheControl, varies }: Description) {
    this.file = file;
    this.modifiedAt = file.modifiedAt;
    this.contentType = contentType;
    this.etag = coding === undefined ? `"${file.version}"` : `"${file.version}-${coding}"`;
    this.lastModified = new Date(file.modifiedAt * 1000).toUTCString();
    const coded = coding === undefined ? '' : line('Content-Encoding', coding);
    // RFC 9110, section 15.4.5: a 304 tells these, and nothing else that the client knows already.
    this.unsentLines = `${line('ETag', this.etag)}${line('Cache-Control', cacheControl)}${varies ? line('Vary', 'Accept-Encoding') : ''}`;
    this.partsLines = `${this.unsentLines}${line('Last-Modified', this.lastModified)}${coded}`;
    this.partLines = `${line('Content-Type', contentType)}${this.partsLines}`;
    this.wholeLines = `${this.partLines}${line('Accept-Ranges', 'bytes')}`;
  }
}

/** A header line as it goes onto the wire. */
export const line = (name: string, value: string | number): string => `${name}: ${value}\r\n`;

import type { Finding } from '../finding.js';

/** A finding of severity error that neither a waiver nor the baseline covers. */
export interface Hole extends Finding {
  /** The files after which it was first seen, or that it may be put down to; none where it was there before them. */
  after: string[];
}

/** Follows, file by file, which holes come and go. */
export interface Openings {
  /** Holes that are there before the first file; undefined where the database cannot be judged. */
  begin(found: readonly Finding[] | undefined): void;
  /** Those that are there after a file. */
  see(file: string, found: readonly Finding[] | undefined): void;
  /** Those that were there when it was last looked, in the order of the files; what was there before comes last. */
  holes(): Hole[];
  /** All files since `begin`. */
  files(): string[];
}

export function openOpenings(): Openings {
  let known = new Map<string, Hole>();
  let files: string[] = [];
  /** Files since the database could last be judged: any of them may have opened what is seen next. */
  let unseen: string[] = [];
  const place = ({ after: [first] }: Hole) => (first === undefined ? files.length : files.indexOf(first));
  const look = (found: readonly Finding[]) => {
    const next = found.map((finding): [string, Hole] => {
      const { after } = known.get(finding.key) ?? { after: unseen };
      return [finding.key, { ...finding, after }];
    });
    known = new Map(next);
    unseen = [];
  };
  return {
    begin: (found) => {
      [known, files, unseen] = [new Map(), [], []];
      if (found) look(found);
    },
    see: (file, found) => {
      files.push(file);
      unseen = [...unseen, file];
      if (found) look(found);
    },
    holes: () => [...known.values()].sort((a, b) => place(a) - place(b)),
    files: () => [...files],
  };
}

/** A reason for which nothing can be called isolated, with what to do about it. */
export interface Lacking {
  reason: string;
  remedy: string;
}

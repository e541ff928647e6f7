/** What decides how some of the queries are written. Asked for with them: the others are on their way by then. */
export interface Server {
  /** 150004. */
  version: number;
}

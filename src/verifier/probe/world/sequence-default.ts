/** Whether a default advances a sequence. */
export function takesFromSequence(expression: string | undefined): boolean {
  return expression?.startsWith('nextval(') ?? false;
}

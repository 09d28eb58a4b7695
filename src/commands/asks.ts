/** Command lines that ask about the program itself. */

/** True where the usage is asked for, whatever else is. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((a) => a === '--help' || a === '-h');
}

/** True where the version is all that is asked for. */
export function asksForVersion(argv: readonly string[]): boolean {
  return (argv[0] === '--version' || argv[0] === '-V') && !asksForHelp(argv);
}

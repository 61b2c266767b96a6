/** The parts of the comment at a script's top. */
export interface ScriptHeader {
  /** Its first sentence. */
  readonly purpose: string;
  /** Names of the variables after "Inputs:", up to the sentence's end. Text in brackets explains a variable. */
  readonly inputs: readonly string[];
}

/** @param script the script's text */
export function scriptHeader(script: string): ScriptHeader {
  const lines = script.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  const comment = lines
    .slice(0, end)
    .filter((line) => !/^#(!| shellcheck )/.test(line))
    .map((line) => line.slice(2))
    .join(" ");
  const list = /\binputs: (.*)/i.exec(withoutBrackets(comment))?.[1]?.split(/\.(?:\s|$)/, 1)[0] ?? "";
  return {
    purpose: /^.*?[.?](?=\s|$)/.exec(comment)?.[0] ?? comment,
    inputs: list.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [],
  };
}

function withoutBrackets(text: string): string {
  const shorter = text.replace(/\([^()]*\)/g, "");
  return shorter === text ? text : withoutBrackets(shorter);
}

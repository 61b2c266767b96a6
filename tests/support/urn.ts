/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME` → TYPE */
export function typeOf(urn: string): string {
  return urn.split("::")[2]!.split("$").at(-1)!;
}

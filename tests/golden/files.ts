/** Folder of the golden files, from the checkout's root. */
export const declared = "tests/golden/declared";

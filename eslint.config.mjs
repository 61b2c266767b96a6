import tseslint from "typescript-eslint";

/**
 * What makes programs wrong: types that are given up, promises that nobody awaits, conditions that are always true. How
 * code looks is prettier's.
 */
export default tseslint.config(
  { ignores: ["build/", "**/*.js", "**/*.cjs", "**/*.mjs"] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: "error",
      // Whoever wraps an error passes it on as the cause, so that its origin can still be found.
      "preserve-caught-error": ["error", { requireCatchParameter: false }],
      "no-restricted-syntax": [
        "error",
        // Pulumi prints a RunError's message alone, and takes no cause.
        ...[
          "CatchClause",
          'CallExpression[callee.property.name="catch"] > :function',
          'CallExpression[callee.property.name="then"] > :function:nth-child(2)',
        ].flatMap((handler) =>
          [
            "NewExpression[callee.name=/(Error|Fatal|Refusal|Unreachable|UnreadableAnswer)$/]",
            "ThrowStatement > CallExpression",
          ].map((made) => ({
            selector: `${handler} ${made}:not(:has(Property[key.name="cause"]))`,
            message: "A rewrapped error needs the caught one as its cause: new Error(message, { cause: error }).",
          })),
        ),
      ],

      // A number in a message is what it looks like.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => socket.end()` says what is done, and nobody takes the nothing that it returns.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // An index that was just counted is there. TypeScript asks for a word on it (noUncheckedIndexedAccess), which is "!".
      "@typescript-eslint/no-non-null-assertion": "off",
      // `async` also turns what is thrown into a rejection, and an interface may ask for it.
      "@typescript-eslint/require-await": "off",
      // What is thrown here are errors (only-throw-error).
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "off",
      // What reads JSON gives what its caller names.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // A variable of the environment has no other way to go.
      "@typescript-eslint/no-dynamic-delete": "off",
    },
  },
  {
    // Pulumi changes a RunError's message where the error comes from an input; a Refusal keeps its own.
    files: ["components/**"],
    ignores: ["components/refusal.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "pulumi", property: "RunError", message: "Throw a Refusal, see components/refusal.ts." },
      ],
    },
  },
  {
    // Tests look into what YAML, JSON and mocks give them; a wrong guess fails the test.
    files: ["tests/**"],
    rules: {
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);

import tseslint from "typescript-eslint";

/** Selects each call of Pulumi's log. */
const log = 'CallExpression[callee.object.property.name="log"][callee.object.object.name="pulumi"]';

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
      // A rethrown error has the original one as its cause, so that the origin can still be found.
      "preserve-caught-error": ["error", { requireCatchParameter: false }],
      "no-restricted-syntax": [
        "error",
        ...[
          "CatchClause",
          'CallExpression[callee.property.name="catch"] > :function',
          'CallExpression[callee.property.name="then"] > :function:nth-child(2)',
          'CallExpression[callee.property.name=/^(on|once)$/][arguments.0.value="error"] > :function',
        ].flatMap((handler) =>
          [
            "ThrowStatement > NewExpression",
            "ThrowStatement > CallExpression",
            "NewExpression[callee.name=/(Error|Fatal|Refusal|Unreachable|UnreadableAnswer)$/]",
            "NewExpression[callee.property.name=/Error$/]",
          ].map((made) => ({
            selector: `${handler} ${made}:not(:has(Property[key.name="cause"]:not([value.name="undefined"])))`,
            message: "A rewrapped error needs the caught one as its cause: new Error(message, { cause: error }).",
          })),
        ),
        {
          selector: `${log}:not(UnaryExpression[operator="void"] > *)`,
          message:
            "Code that waits for a log may wait for itself: Pulumi delivers logs in order, and one that names a resource only once that is registered. Write `void pulumi.log…`.",
        },
        {
          selector: `${log}[arguments.length>1]:not([arguments.1.type="ThisExpression"])`,
          message: "A log names the component that is being made (`this`): another one may be registered much later.",
        },
      ],

      // A number is printed as it is written.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => socket.end()` is short, and its callers use no result.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // With noUncheckedIndexedAccess, TypeScript requires a "!" even where an index was just counted.
      "@typescript-eslint/no-non-null-assertion": "off",
      // `async` also turns what is thrown into a rejection, and an interface may ask for it.
      "@typescript-eslint/require-await": "off",
      // What is thrown here are errors (only-throw-error).
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "off",
      // A function that reads JSON returns the type that its caller names.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // Only `delete` removes a variable of the environment.
      "@typescript-eslint/no-dynamic-delete": "off",
    },
  },
  {
    // A config is judged from its text alone. These reach a network, or a module that the rules about imports can't see.
    files: ["config/**"],
    rules: {
      "no-restricted-globals": ["error", "fetch", "WebSocket", "EventSource"],
      "no-restricted-properties": ["error", { property: "getBuiltinModule" }, { property: "createRequire" }],
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

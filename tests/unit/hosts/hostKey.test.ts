import { hostKeyIn } from "../../../components/hosts/hostKey";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPtw5Vy1EWUUf9+FAnR+f7KSNDob+80J9uxfi33lMQsw";

test.each(["", "Welcome\n", "no end of line", "\x1b[1mHello\x1b[0m\r\n", "ssh-ed25519 is what we use\n"])(
  "a host key is found after %j",
  (noise) => {
    for (const end of ["", "\n", "\r\n", "\nGoodbye\n"]) expect(hostKeyIn(`${noise}${key}${end}`, "worker")).toBe(key);
  },
);

test("a login that prints no host key is named", () => {
  expect(() => hostKeyIn("Welcome\n", "worker")).toThrow(
    /^worker: no host key .*"Welcome\\n".*worker-host-key' \[KK783\]$/,
  );
});

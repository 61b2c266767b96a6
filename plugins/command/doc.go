// pulumi-resource-command is a drop-in for version 1.2.1 of Pulumi's Command provider plugin, for machines that can't
// download the published one. It serves the same tokens, properties and defaults, runs commands at the same points of
// a resource's life and leaves the same state, so that a stack may change from one plugin to the other and back without
// a diff.
//
// It differs where the published plugin hangs, leaks connections or misses a failure. No program may depend on these
// differences:
//
//   - A line of output above 64 KiB is read to its end, with a warning. The published plugin blocks forever, unless
//     logging is "none".
//   - perDialTimeout bounds the SSH handshake as well as the TCP connection. The published plugin waits forever for a
//     server that accepts a connection and never answers.
//   - Behind a proxy each attempt opens a connection. The published plugin repeats a failed handshake on the closed one.
//   - If a host stops answering, for instance because it lost power, its command fails after about two minutes. Behind a
//     proxy the published plugin waits forever, unless the proxy notices.
//   - If a host script of this project doesn't run to its end, it fails, also in a deletion: a login may end with status
//     0 before it runs its command. The published plugin takes that for a success.
//   - Connections are closed after use, including the agent's. The published plugin keeps a command's until the plugin
//     exits.
//
// Both plugins wait for a script that has started on a host: neither Ctrl-C nor customTimeouts end it. They do end
// connection attempts, and local processes.
//
// Windows (named-pipe agents, cmd as the default interpreter) isn't supported.
package main

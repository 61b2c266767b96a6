// pulumi-resource-command is a drop-in for version 1.2.1 of Pulumi's Command provider plugin, for machines that can't
// download the published one. It serves the same tokens, properties and defaults, runs commands at the same points of
// a resource's life and leaves the same state, so a stack may change from one plugin to the other and back without a
// diff.
//
// It behaves better than the published plugin in six places where that one hangs, leaks or sees nothing. Nothing may lean on them:
//
//   - A line of output above 64 KiB is read to its end, with a warning. The published plugin blocks for good, unless
//     logging is "none".
//   - perDialTimeout bounds the SSH handshake as well as the TCP connection. The published plugin waits for good for a
//     server that accepts and never answers.
//   - Behind a proxy every attempt dials anew. The published plugin repeats a failed handshake on the closed connection.
//   - A host that stops answering, such as one that lost power, ends its command after some two minutes. Behind a proxy the
//     published plugin waits for good, unless the proxy notices.
//   - A host script of this project that was not run to its end fails, also when it deletes: a login may end with status 0 before it
//     runs its command. The published plugin takes that for a success.
//   - Connections, also the agent's, are closed after use. The published plugin keeps a command's until it exits.
//
// As in the published plugin, a script that has been started on a host is waited for: neither Ctrl-C nor customTimeouts
// end it. They do end the dialling, and local processes.
//
// Windows (named-pipe agents, cmd as the default interpreter) is not served.
package main

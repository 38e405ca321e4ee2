/** Before anything else is loaded: an older Node would fail with a stack that does not say why. Kept to what each of them can read. */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  process.stderr.write(`qilin: Node 20.11 or later is needed (this is ${process.version}): start it with another.\n`);
  process.exit(1);
}

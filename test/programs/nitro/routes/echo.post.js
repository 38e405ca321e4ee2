export default eventHandler(async (event) => await readBody(event));

export default eventHandler((event) => ({
  hello: getRouterParam(event, 'name'),
  reader: getHeader(event, 'x-reader'),
}));

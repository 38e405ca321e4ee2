export const load = ({ params, request }) => ({ name: params.name, reader: request.headers.get('x-reader') });

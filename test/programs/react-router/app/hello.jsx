import { useLoaderData } from 'react-router';

export const loader = ({ params, request }) => ({ name: params.name, reader: request.headers.get('x-reader') });

export default function Hello() {
  const { name, reader } = useLoaderData();
  return (
    <p>
      {name}, read by {reader}
    </p>
  );
}

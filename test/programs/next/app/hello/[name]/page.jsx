import { headers } from 'next/headers';

/** Made for each request. */
export default async function Hello({ params }) {
  const { name } = await params;
  const reader = (await headers()).get('x-reader');
  return (
    <p>
      {name}, read by {reader}
    </p>
  );
}

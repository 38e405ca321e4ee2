export default function Page() {
  return <h1>A page that was made by the build</h1>;
}

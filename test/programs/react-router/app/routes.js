import { route } from '@react-router/dev/routes';

export default [route('hello/:name', 'hello.jsx'), route('echo', 'echo.js')];

/** The same view in @qilin/flask. */
import { Flask } from '@qilin/flask';

export const app = new Flask(import.meta);
app.get('/', () => 'Hello, World!');

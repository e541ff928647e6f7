import { testClasses } from './matrix.js';
import { BIGINT } from './shapes.js';

testClasses(BIGINT);

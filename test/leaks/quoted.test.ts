import { testClasses } from './matrix.js';
import { QUOTED } from './shapes.js';

testClasses(QUOTED, [53]);

import { testClasses } from './matrix.js';
import { UUID } from './shapes.js';

testClasses(UUID);

import type { Diagnostic } from '@pm-supervisor/core';
import type { Paint } from './paint.ts';

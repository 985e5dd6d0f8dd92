import { CommandError } from '../errors.ts';
import { didYouMean } from '../config/suggest.ts';
import type { PlanKeeper } from '../lifecycle/plan-keeper.ts';
import type { Roster } from '../unit/roster.ts';
import type { Target } from './command.ts';
import type { Addressee } from './perform.ts';

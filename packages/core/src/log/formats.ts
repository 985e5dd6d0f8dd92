import type { LogFormat } from '../plan/spec.ts';
import type { PipelineSettings } from './pipeline.ts';
import type { Format } from './sinks/format.ts';
import { createJsonFormat } from './sinks/json.ts';
import type { OwnJson } from './sinks/own-json.ts';
import { createRawFormat } from './sinks/raw.ts';
import { createTextFormat } from './sinks/text.ts';

/** What decides, besides the settings, how lines look. */
export interface FormatFacts {
  readonly isTerminal: boolean;
  readonly colours: boolean;
  readonly ownJson: OwnJson;
}

export interface ChosenFormat {
  readonly kind: LogFormat;
  readonly format: Format;
}

/** `auto` is text for people, JSON for machines. */
export function chooseFormat(settings: PipelineSettings, facts: FormatFacts): ChosenFormat {
  const { timestamps } = settings;
  const kind = settings.format === 'auto' ? (facts.isTerminal ? 'text' : 'json') : settings.format;
  switch (kind) {
    case 'raw':
      return { kind, format: createRawFormat() };
    case 'text':
      return { kind, format: createTextFormat({ timestamps, terminal: facts.isTerminal, colours: facts.colours }) };
    case 'json':
      return {
        kind,
        format: createJsonFormat({ timestamps, formatOwn: (own) => facts.ownJson.format(own, timestamps) }),
      };
  }
}

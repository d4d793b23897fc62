/** What Discord refuses in a modal beyond its schema. */
import * as spec from 'discord-api-spec/zod';
import { checkFileTypes } from './file-types.ts';
import { badLength, createFormReport, required } from './form-errors.ts';
import { type ComponentBody, checkSelect, checkUniqueId, walkComponents } from './message.ts';
import { checkSchema } from './schema.ts';

/** The schema allows 40; Discord's documentation and its clients five. */
const MAX_COMPONENTS = 5;

const TEXT_INPUT = 4;
const ACTION_ROW = 1;

/** Throws 400 / 50035 with paths below `data`. */
export function checkModal(data: unknown): void {
  const report = createFormReport(['data']);
  checkSchema(spec.ModalInteractionCallbackRequestDataSchema, data, report);
  report.throwIfAny();

  const { components } = data as { components: ComponentBody[] };
  if (components.length > MAX_COMPONENTS) badLength(report, ['components'], 1, MAX_COMPONENTS);
  const seen = new Set<string>();
  walkComponents(components, ['components'], (component, path) => {
    checkUniqueId(component, path, seen, report);
    if (component.type === 3) checkSelect(component, path, report);
    checkFileTypes(component.file_types, path, report);
    if (component.type !== TEXT_INPUT) return;
    const { value } = component;
    const min = component.min_length ?? 0;
    const max = component.max_length ?? 4_000;
    if (min > max) {
      report.add([...path, 'min_length'], 'TEXT_INPUT_MIN_LENGTH', 'Must not exceed max_length.');
    }
    if (value && [...value].length > max) {
      badLength(report, [...path, 'value'], min, max);
    }
  });
  components.forEach((row, index) => {
    if (row.type !== ACTION_ROW) return;
    row.components?.forEach((input, inner) => {
      // Outside of a Label the text input brings its own.
      if (!input.label) required(report, ['components', index, 'components', inner, 'label']);
    });
  });
  report.throwIfAny();
}

/** Collects what is wrong with a body and answers it in Discord's nested shape. */
import { ApiError, type FormErrors } from '../api-error.ts';

/** Keys from the body's root to the place of an error. */
export type Path = readonly PropertyKey[];

/** Errors of one body, gathered before any is answered: Discord names them all at once. */
export interface FormReport {
  add(path: Path, code: string, message: string): void;
  /** Throws 400 / 50035 when anything was added. */
  throwIfAny(): void;
}

/** `prefix` is where the checked part stands in the body, such as `data` of a callback. */
export function createFormReport(prefix: Path = []): FormReport {
  const errors: FormErrors = {};
  let any = false;
  return {
    add(path, code, message) {
      any = true;
      let place = errors;
      for (const key of [...prefix, ...path]) {
        const next = place[String(key)];
        if (next !== undefined && !Array.isArray(next)) {
          place = next;
          continue;
        }
        const made: FormErrors = {};
        place[String(key)] = made;
        place = made;
      }
      const listed = place['_errors'];
      place['_errors'] = [...(Array.isArray(listed) ? listed : []), { code, message }];
    },
    throwIfAny() {
      if (any) throw new ApiError(400, 50_035, 'Invalid Form Body', errors);
    },
  };
}

/** The error of a member that is missing or empty. */
export function required(report: FormReport, path: Path): void {
  report.add(path, 'BASE_TYPE_REQUIRED', 'This field is required');
}

/** The error of a text or list over its limit. */
export function tooLong(report: FormReport, path: Path, limit: number): void {
  report.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${limit} or fewer in length.`);
}

/** The error of a text or list outside of its bounds. */
export function badLength(report: FormReport, path: Path, min: number, max: number): void {
  report.add(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`);
}

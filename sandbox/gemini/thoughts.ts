import { type Random, seededRandom } from './picture/random.ts';

/** Each stands for one step of the work; `%` is replaced by the prompt's own words. */
const STEPS: readonly (readonly [heading: string, body: string])[] = [
  [
    'Reading the request',
    'The request speaks of “%”. I start with what has to be in the frame and what may stay out of it.',
  ],
  [
    'Considering the light',
    'I look for the hour at which “%” would look its best. A low sun gives long edges; I keep the shadows open.',
  ],
  [
    'Arranging the frame',
    'I place the subject a third from the side and let the horizon run a little below the middle, so that “%” has room to breathe.',
  ],
  [
    'Choosing the colours',
    'Three tones are enough here. The distance turns pale, the foreground stays dark, and one warm accent belongs to “%”.',
  ],
  [
    'Weighing the details',
    'Small things make it believable: texture near the eye, haze far away. I leave out what does not serve “%”.',
  ],
  [
    'Checking the balance',
    'I squint at the draft. The weight sits slightly to the left, so I lift the other side before “%” is final.',
  ],
  [
    'Refining the edges',
    'The outlines of “%” should be crisp where the eye lands and soft everywhere else.',
  ],
  ['Developing the print', 'Everything is in its place. I bring “%” up to full resolution now.'],
];

const EDIT_STEP = [
  'Studying the reference',
  'I keep what makes the given picture itself, and change only what “%” asks for.',
] as const;

/**
 * Thoughts as the model words them: a bold heading, a blank line, a few sentences. The same prompt
 * thinks the same; more thoughts than steps begin again with another heading's number.
 */
export function thoughtsFor(prompt: string, count: number, edit: boolean): string[] {
  const random = seededRandom(`thoughts\n${prompt}`);
  const steps = edit ? [EDIT_STEP, ...STEPS.slice(1)] : STEPS;
  const last = steps.length - 1;
  return Array.from({ length: count }, (_, index) => {
    const step = index === count - 1 ? last : index % last;
    const [heading, body] = steps[step] ?? EDIT_STEP;
    const round = Math.floor(index / last);
    const title = round === 0 || step === last ? heading : `${heading}, pass ${round + 1}`;
    return `**${title}**\n\n${body.replace('%', excerpt(prompt, random))}\n\n\n`;
  });
}

/** A few neighbouring words of the prompt. */
function excerpt(prompt: string, random: Random): string {
  const words = prompt.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return 'the picture';
  const length = Math.min(words.length, 6);
  const start = random.whole(0, words.length - length);
  return words.slice(start, start + length).join(' ');
}

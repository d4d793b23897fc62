/** The local Gemini in a process of its own, so that its work is nobody's pause. */
import { startLocalGemini } from '@darkroom/sandbox/gemini';

const gemini = await startLocalGemini();
gemini.events.on('finished', (record) => process.send?.({ record }));
process.on('message', ({ pace }: { pace: number }) => {
  gemini.controls.pace = pace;
});
process.on('disconnect', () => process.exit());
process.send?.({ url: gemini.url, key: gemini.key });

import { parseArgs, styleText } from 'node:util';
import { readEnvironment } from '../environment.ts';
import { createPictureProcess } from '../images/process-client/client.ts';
import { visible } from '../terminal.ts';
import { checkConfiguration } from './doctor/configuration.ts';
import { checkDiscord } from './doctor/discord.ts';
import type { Colour, Finding } from './doctor/finding.ts';
import { yellow } from './doctor/finding.ts';
import {
  checkDatabase,
  checkDataFolder,
  checkFonts,
  checkMemory,
  checkNode,
  checkSharp,
} from './doctor/machine.ts';
import { checkByPicture, checkProvider } from './doctor/provider.ts';
import { exitWithError, ignoreClosedPipe, readUsableConfig } from './tool.ts';

const USAGE = `npm run doctor -- [--paid] [--thorough] [--json]

Looks at everything that can be looked at before the first member types. It changes nothing, logs in
nowhere and costs nothing, unless told to.

  --paid      also makes one 1K picture with each model, which costs what such pictures cost
  --thorough  also reads the whole database for damage
  --json      one line of JSON for scripts

Exit code 0: nothing red. 1: something is red. 2: wrong use.
`;

const MARKS = { green: '✔', yellow: '!', red: '✘' } as const satisfies Record<Colour, string>;

interface DoctorOptions {
  paid: boolean;
  thorough: boolean;
  /** Called with each finding as it is made. */
  report: (finding: Finding) => void;
}

async function examine({ paid, thorough, report }: DoctorOptions): Promise<void> {
  const variables = readEnvironment();
  const settings = readUsableConfig(variables);
  const { config, hasToken, hasKey } = settings;
  const reportAll = (findings: readonly Finding[]) => findings.forEach(report);

  report(checkNode());
  report(checkMemory());
  reportAll(await checkConfiguration(settings, variables));
  reportAll(await checkDataFolder(config));
  report(await checkDatabase(config.database.file, thorough));
  const pictures = createPictureProcess();
  report(await checkSharp(pictures));
  report(await checkFonts(pictures));
  await pictures.close();
  if (hasToken) reportAll(await checkDiscord(config));
  else report(yellow('Discord', 'not looked at: there is no usable DISCORD_TOKEN'));
  if (!hasKey) {
    report(yellow('Model', 'not looked at: there is no usable ANYFAST_API_KEY'));
    return;
  }
  reportAll(await checkProvider(config));
  if (paid) reportAll(await checkByPicture(config));
}

function print({ colour, subject, message, hint }: Finding): void {
  const mark = styleText(colour, MARKS[colour]);
  process.stdout.write(`${mark} ${styleText('bold', visible(subject))}: ${visible(message)}\n`);
  if (hint !== undefined) process.stdout.write(`    ${visible(hint)}\n`);
}

function summarize(findings: readonly Finding[]): string {
  const count = (colour: Colour) => findings.filter((one) => one.colour === colour).length;
  return `${count('green')} green, ${count('yellow')} yellow, ${count('red')} red`;
}

async function main(): Promise<void> {
  const options = {
    paid: { type: 'boolean', default: false },
    thorough: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ options }));
  } catch {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const findings: Finding[] = [];
  const { paid = false, thorough = false, json = false } = values;
  await examine({
    paid,
    thorough,
    report(finding) {
      findings.push(finding);
      if (!json) print(finding);
    },
  });
  const ok = findings.every(({ colour }) => colour !== 'red');
  process.stdout.write(
    json ? `${visible(JSON.stringify({ ok, findings }))}\n` : `\n${summarize(findings)}\n`,
  );
  if (!ok) process.exitCode = 1;
}

ignoreClosedPipe();
main().catch(exitWithError);

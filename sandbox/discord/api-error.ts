/** Discord's own JSON error codes that this one answers, with Discord's words for them. */
const KNOWN = {
  unknownChannel: [404, 10_003, 'Unknown Channel'],
  unknownGuild: [404, 10_004, 'Unknown Guild'],
  unknownMember: [404, 10_007, 'Unknown Member'],
  unknownMessage: [404, 10_008, 'Unknown Message'],
  unknownUser: [404, 10_013, 'Unknown User'],
  unknownWebhook: [404, 10_015, 'Unknown Webhook'],
  unknownInteraction: [404, 10_062, 'Unknown interaction'],
  unknownCommand: [404, 10_063, 'Unknown application command'],
  unknownApplication: [404, 10_002, 'Unknown Application'],
  tooManyAttachments: [400, 30_015, 'Maximum number of attachments in a message reached (10)'],
  requestTooLarge: [413, 40_005, 'Request entity too large'],
  alreadyAcknowledged: [400, 40_060, 'Interaction has already been acknowledged.'],
  tooManyFollowups: [
    400,
    40_094,
    'This interaction has hit the maximum number of follow up messages.',
  ],
  missingAccess: [403, 50_001, 'Missing Access'],
  notYourMessage: [403, 50_005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50_006, 'Cannot send an empty message'],
  cannotMessageUser: [403, 50_007, 'Cannot send messages to this user'],
  missingPermissions: [403, 50_013, 'Missing Permissions'],
  invalidWebhookToken: [401, 50_027, 'Invalid Webhook Token'],
  invalidJson: [400, 50_109, 'The request body contains invalid JSON.'],
  blockedByAutoMod: [400, 200_000, 'Message was blocked by automatic moderation'],
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
} as const satisfies Record<string, readonly [number, number, string]>;

/** Discord's nested `errors`: keys are the path into the body, leaves hold `_errors`. */
export interface FormErrors {
  [key: string]: FormErrors | { code: string; message: string }[];
}

/** Thrown by a route; the server answers it as JSON. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: FormErrors | undefined;

  constructor(status: number, code: number, message: string, errors?: FormErrors) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  toJSON() {
    return {
      message: this.message,
      code: this.code,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }
}

/** One of the known errors, to be thrown. */
export function apiError(name: keyof typeof KNOWN): ApiError {
  const [status, code, message] = KNOWN[name];
  return new ApiError(status, code, message);
}

/** Thrown at a person's side: Discord's own client would not have let them do this. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** What a user is to this package. Flask-Login's `mixins`. */
import { showByPythonNames } from '@qilin/flask';

/** What each user must have. What Flask-Login asks of a user. */
export interface LoginUser {
  /** Whether the credentials were right: true of a user, false of an anonymous one. */
  readonly isAuthenticated: boolean;
  /** Whether the account may be used: `loginUser` refuses it otherwise. */
  readonly isActive: boolean;
  readonly isAnonymous: boolean;
  /** By which the user is found again. */
  getId(): string | null;
}

/** Base of an app's class of users, which must have an `id`. Flask-Login's `UserMixin`. */
export abstract class UserMixin implements LoginUser {
  abstract readonly id: string | number | bigint;
  readonly isAnonymous: boolean = false;

  get isActive(): boolean {
    return true;
  }

  get isAuthenticated(): boolean {
    return this.isActive;
  }

  getId(): string {
    return String(this.id);
  }
}

/** Who is not logged in. Flask-Login's `AnonymousUserMixin`. */
export class AnonymousUserMixin implements LoginUser {
  readonly isAuthenticated: boolean = false;
  readonly isActive: boolean = false;
  readonly isAnonymous: boolean = true;

  getId = (): null => null;
}

showByPythonNames(UserMixin, AnonymousUserMixin);

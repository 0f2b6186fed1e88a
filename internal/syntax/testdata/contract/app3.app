app Reader

use Requesting
    session from body, authorization "Token", cookie "session"
    errors {errors: {(field ?? "body"): [error]}}
    errors from header "X-Errors"
use Shelving as Archive was Store [User = Accounts.User]
use Accounts was Profile

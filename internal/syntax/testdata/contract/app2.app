app Reader

use Requesting
    session from body, bearer, cookie "session"

app Reader

use Requesting
    session from body
use Profile
use Sessioning [User = Profile.User]

# A shed of tools that its members lend to each other.
app Toolshed

use Requesting
    session from body, bearer, cookie "shed"
use Profile
use Sessioning [User = Profile.User]
use Roles [Member = Profile.User]
use Stocking [Keeper = Profile.User]
use Borrowing [Thing = Stocking.Thing, Member = Profile.User]
use Queueing [Thing = Stocking.Thing, Member = Profile.User]
use Noticing [Member = Profile.User]

open POST "/members" "this is how a membership begins"
open POST "/sessions" "the password is looked at first"
open GET "/things/{thing}" (thing) "members see every thing"

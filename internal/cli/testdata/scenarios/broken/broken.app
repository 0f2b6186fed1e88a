app Broken

use Requesting
use Sessioning

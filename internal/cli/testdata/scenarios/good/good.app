app Good

use Requesting
use Sessioning

"""How walls, logins, notices and errors call themselves, and what they say: matched without regard to case.

Names match the whole of a title or heading; words stand somewhere in the text.
"""

from __future__ import annotations

import re


def _any_of(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


HUMAN_NAME = _any_of(
    r"just a moment|one moment,? please|please wait|un momento|einen moment,? bitte|pardon our interruption",
    r"attention required!?|(vercel )?security check(point)?|checking your browser|ddos-guard|client challenge",
    r"(robot|bot) check|(human|bot) verification|are you (a )?(human|robot)\??",
    r"verify(ing)? (that )?you('re| are) (a )?human|making sure you'?re not a bot!?",
    r"access to this page has been denied",
)
HUMAN = _any_of(
    r"\b(verif\w*|confirm|prove|mak(e|ing) sure)\b.{0,30}\b(human|not a (ro)?bot)\b|\bare you a (human|robot)\b",
    r"\bchecking (your browser|if the site connection is secure)|\bneeds to review the security\b",
    r"\bunusual (traffic|activity)\b.{0,40}\bnetwork\b|\bautomated (access|requests?|queries|traffic)\b",
    r"\bcomplete the (security check|captcha)|\benable javascript and cookies\b|\bpress (&|and) hold\b",
    r"\bincapsula incident\b|\bray id\b|\brequest unsuccessful\b|\byou have been blocked\b",
    r"\baccess (to this page )?(has been|is|was) (denied|blocked)\b",
)
LOGIN_NAME = _any_of(
    r"(please )?(log ?in|sign ?in|log ?on)( (required|page|to .{1,40}))?|authentication required|members only",
    r"anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesi[oó]n|accedi|zaloguj si[eę]|inloggen",
)
MAINTENANCE_NAME = _any_of(
    r"((the|our|this) )?((site|website|page|service) )?(is )?((currently|temporarily|briefly) )?"
    r"(down for|under|undergoing|in|unavailable for)( scheduled)? maintenance",
    r"(scheduled )?maintenance( mode)?|wartungsarbeiten|wartungsmodus|en maintenance|en mantenimiento",
    r"(we('|’)?(ll| will) |will )?be (right )?back( soon| shortly)?",
    r"((site|service) )?(is )?temporarily (down|unavailable|offline)",
)
BACK = _any_of(
    r"\bback (soon|shortly|online|up)\b|\b(right|be) back\b|\bin k[uü]rze\b|\bplus tard\b|\bundergoing\b",
    r"\b(try|check|come|return|reload|refresh)\b.{0,20}\b(again|back|later|soon)\b",
    r"\b(is|are) (currently|temporarily|briefly) (down|unavailable|offline|undergoing|performing)",
    r"\bwe('re| are) (currently )?(performing|doing|updating|upgrading|working)\b",
)
ERROR_NAME = _any_of(
    r"(http )?(error )?(403|429|50[0-4]|52\d)\b.{0,40}|(internal )?server error|bad gateway|gateway time-?out",
    r"service (temporarily )?unavailable|forbidden|access denied|too many requests|application error.{0,80}",
    r"error establishing a database connection|there has been a critical error on (this|your) website",
    r"(oops|whoops)\b.{0,60}|something went wrong|an error (has )?occurred|(unexpected|fatal|critical) error",
)
MISSING_NAME = _any_of(
    r"(error )?404\b.{0,40}|not found|seite nicht gefunden|page (introuvable|non trouv[eé]e)|p[aá]gina no encontrada",
    r"(the )?(requested )?(page|file|document|url) ((was|is) )?(not|cannot be|could not be) found.{0,20}",
    r"(this|the) (page|document) (you .{1,40} )?(does(n['’]t| not) exist|no longer exists|has been removed)",
)
SORRY = _any_of(
    r"\b(try|check|come|reload|refresh)\b.{0,20}\b(again|back|later|soon|page)\b|\bsorry\b|\bsearch\b|\bdigest:",
    r"\bcontact (the|your|us|support|our)\b|\b(web ?master|administrator)\b|\bpermission to (access|view)\b",
    r"\bon this server\b|\bthe server (encountered|is)\b|\b(nginx|apache|cloudflare|varnish)\b",
    r"\bclient-side exception\b|\breference #|\brequest id\b|\b(been )?moved\b",
    r"\bgo (back|home|to the home ?page)\b|\bhome ?page\b",
)
EXPLAINS = _any_of(
    r"\b(status codes?|http errors?|means|indicates?|returned (when|if|by)|occurs?|bedeutet|signifie|significa)\b",
    r"\b(to (fix|solve|resolve|avoid|handle)|causes?|how to|for example|e\.g\.|see also|used? (it|to|by|for|when))\b",
    r"\bthis (guide|article|section|chapter|function|method|class|option|command)\b|\b(configur|install)\w*",
)
"""What a text says that is about such pages rather than one of them."""

SCRIPTED = _any_of(
    r"\b(enable|activate|turn on|allow|need|requires?|without) (the use of )?java ?script\b|\bjavascript aktivieren\b",
    r"\bjava ?script (is |must be )?(required|disabled|turned off|not enabled|enabled)\b",
)

"""The words that messages of programs are made of: one of them among others is hardly in a pass phrase."""

from __future__ import annotations

_MESSAGE_WORDS = frozenset(
    # Articles, prepositions, pronouns, auxiliaries and the like.
    b"a an the this that these those some any each every all both no not none nor and or but if then else than "
    b"so as at by for from in into of off on onto out over per since to under until up upon via with within "
    b"without is are was were be been being am do does did done has have had can cannot could may might must "
    b"shall should will would it its you your we our they their he his she her i my me us them who which what "
    b"when where why how there here now just only also again already still yet too very more most less least "
    b"many much few other another same such because before after during while between against about above below "
    b"please ago between yes der die das ein eine ist sind und oder nicht mit von zu fehlt falsch "
    b"ung\xc3\xbcltig le la les un une est sont et ou pas de du des avec para con el los las y o es no en por "
    # What programs say of what they do.
    b"access account accounts action active add admin algorithm allow api app application arg argument attempt "
    b"attempts auth available bad base64 basic begin bit bits block body bucket buffer bug byte bytes cache call "
    b"capacity case certificate change changes char character characters check class client code command config "
    b"configuration connect connection contains context cookie copy count create current data database date day "
    b"days debug default delete detail details device dir directory disable disk domain email empty enable "
    b"encoding end enter entry env environment error errors event exception exit expired expires expiry "
    b"expression fail failed fails failure false feature field fields file files filter flag folder format found "
    b"full function get global grant group groups handler has hash header headers hex host hostname hour hours "
    b"http https id identifier ignore import incorrect index info input insert instance int integer internal "
    b"invalid ip item items job json key keys kind length level limit line lines link list load local lock log "
    b"login logout long lookup lower lowercase main manager matches max maximum mb message messages metadata "
    b"method min minimum minute minutes mismatch missing mode model module ms name names near need needs network "
    b"new next node null number object ok old open operation option optional options order output override owner "
    b"page parameter params parse password passwords path pattern permission pid please policy pool port "
    b"position prefix present previous process profile prompt property provider public query queue range rate "
    b"read ready reason refresh reject remote remove renew reply request requests required requires reset "
    b"resource response result retry return role root rotate row rule run safe save schema scope search second "
    b"seconds secret secrets section secure see server servers service session set setting settings short show "
    b"sign signature size skip skipped source space special start state status step stop store stream string "
    b"strong subject success successful support symbol syntax system table tag target task temporary test text "
    b"thread time timeout timestamp tls token tokens total true try ttl type types undefined unexpected unknown "
    b"update upper uppercase url use used user username users uuid valid validation value values verify version "
    b"backend via wait warning weak window write wrong xml year zone".split()
)
_MESSAGE_ENDS = (b"ing", b"ed", b"tion", b"tions", b"ment", b"able", b"ible", b"ized", b"ised", b"ly")
_SHORTEST_INFLECTED = 5


def says_something(word: bytes) -> bool:
    """Whether a word belongs to a message: it is one of them, or ends as verbs and nouns of state do."""
    word = word.strip(b".,;!?()").lower()
    return word in _MESSAGE_WORDS or (len(word) >= _SHORTEST_INFLECTED and word.endswith(_MESSAGE_ENDS))

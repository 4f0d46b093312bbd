/* SPDX-License-Identifier: MIT */

/*
 * The heap's collector (src/gc/), for Spin: marking beside the mutators, which log what they give up or replace (the
 * snapshot at the beginning: Yuasa 1990; its phases: Doligez and Gonthier, POPL'94), with grace periods (RCU:
 * McKenney and Slingwine, 1998) for handshakes. docs/design/gc.md argues in general what is checked here in small bounds.
 *
 * Two mutators; N objects with one child each, a list's for ever, a cell's to be exchanged; a root slot, two entries
 * and a publication for each mutator, a weak value. What a mutator does is one free choice after the other, cut into
 * sections in every way; each access to shared memory is a step. Memory is sequentially consistent here: the orders
 * that make the real one so are checked by relacy-*.cc.
 *
 * What an open section has read of a slot or a cell and makes an entry for next (taking) counts as reachable; what is
 * borrowed does not, but for the list that it is borrowed from.
 *
 * Checked:
 * - safety: no object is freed that can be reached from the slot, an entry, a record or a section's hands; what is
 *   borrowed, and what an upgrade gives, is the object that it was; nobody fills a hole that is not its own; what a
 *   log names has not been freed;
 * - liveness: two cycles after the mutators have stopped, what is left is what is reachable.
 *
 * A run says which choices there are (all of them together have too many states): ROOT, CELLS, BORROW, BUILD, PUBLISH,
 * WEAK, DEATH (of a task, which hands its entries over whole), FULL_LOG (a log may be full); HOLES (building needs a
 * block, which is owned for an epoch); SWEEP_BY_STEPS (else a sweep is one step) and SWEEP_BY_MUTATORS; the mutators' first
 * entries, ENTRY_0 and ENTRY_1; how often they may choose, ACCESSES_0 and ACCESSES_1; and CYCLES beside them.
 * run-heap-model has the runs, run-heap-bugs the seeded bugs, each with a run that finds it.
 */

#define N 4

#ifndef ENTRY_0
#define ENTRY_0 0
#endif
#ifndef ENTRY_1
#define ENTRY_1 0
#endif
#ifndef ACCESSES_0
#define ACCESSES_0 2
#endif
#ifndef ACCESSES_1
#define ACCESSES_1 2
#endif
#ifndef CYCLES
#define CYCLES 1
#endif

/* What an object's place holds. */
#define FREE 0
#define HOLE 1 /* a thread's own, with nothing in it so far */
#define LIST 2
#define CELL 3

/* Its mark. */
#define NO_MARK   0
#define COLOUR(e) (1 + (e))
#define GREY      3         /* in the collector's queue */
#define FLAGGED   4         /* grey, and in no queue: by a full log */
#define OWNED(e)  (5 + (e)) /* a hole's, by the epoch in which its block was taken */

/* The phase. Sweeping is idle. */
#define IDLE    0
#define ARMING  1
#define MARKING 2

#define BIT(object) (1 << (object))
#define ALL         (BIT(1) | BIT(2) | BIT(3) | BIT(4))

/* Objects are 1 to N; 0 is nil. */
byte kind[N + 1], mark[N + 1], child[N + 1];
bool is_reused[N + 1]; /* flips when it is freed */

/* The heap's word, written whole by the collector, read once by each section. */
byte phase;
bit epoch;

byte slot;      /* a root */
byte entry[4];  /* two of each mutator */
byte record[2]; /* of a publication: the set of what it has brought into the store */
byte left;      /* entries and records of who ended while logging was on: a set, drained as a log */
byte weak;

/* Of weak values: one word in the code. */
bool is_closed;
byte n_upgrades;

bool is_inside[2];  /* a section */
bool is_awaited[2]; /* and was when the grace period began */
byte log[3];        /* sets; the last has what detached threads left */
byte hand[2];       /* read in this section, and not yet in an entry */
byte lent;          /* holes in which publications build: a set */
byte unswept;       /* a set */
bool is_detached[2];

/* Used within a d_step only, so no part of the state. */
hidden byte reachable, o;

#define CHILDREN(object) ((reachable & BIT(object)) -> BIT(child[object]) : 0)

inline find_reachable() {
        reachable = BIT(slot) | BIT(entry[0]) | BIT(entry[1]) | BIT(entry[2]) | BIT(entry[3]);
        reachable = reachable | record[0] | record[1] | BIT(hand[0]) | BIT(hand[1]);
        reachable = reachable | (CHILDREN(1)) | (CHILDREN(2)) | (CHILDREN(3)) | (CHILDREN(4));
        reachable = reachable | (CHILDREN(1)) | (CHILDREN(2)) | (CHILDREN(3)) | (CHILDREN(4));
        reachable = reachable | (CHILDREN(1)) | (CHILDREN(2)) | (CHILDREN(3)) | (CHILDREN(4))
}

/* The first of a set that is not empty. */
#define FIRST(set) (((set) & 2) -> 1 : (((set) & 4) -> 2 : (((set) & 8) -> 3 : 4)))

/* What may be handed out; 0 is none. */
#define FIRST_FREE (kind[1] == FREE -> 1 : (kind[2] == FREE -> 2 : (kind[3] == FREE -> 3 : (kind[4] == FREE -> 4 : 0))))

/* No sweep of its epoch touches an owned block, and none at all a lent hole. */
#ifdef LENT_SWEPT
#define IS_KEPT(object, e) (mark[object] == COLOUR(e) || mark[object] == OWNED(e))
#else
#define IS_KEPT(object, e) (mark[object] == COLOUR(e) || mark[object] == OWNED(e) || (lent & BIT(object)))
#endif

inline sweep_object(object, e) {
        if
        :: kind[object] != FREE && !(IS_KEPT(object, e)) ->
                assert(mark[object] != GREY && mark[object] != FLAGGED);
                find_reachable();
                assert(!(reachable & BIT(object)));
                kind[object] = FREE;
                mark[object] = NO_MARK;
                child[object] = 0;
                is_reused[object] = !is_reused[object]
        :: else
        fi;
        unswept = unswept & ~BIT(object)
}

/*
 * A mutator. What its section read of the word is my_phase and my_epoch.
 */

#define ENTRY(i)        entry[2 * self + (i)]
#define HAS_ROOM        (ENTRY(0) == 0 || ENTRY(1) == 0)
#define HAS_ENTRY       (ENTRY(0) != 0 || ENTRY(1) != 0)
#define IS_CELL(object) (kind[object] == CELL)

/* What is being built refers to what has an entry: it is born before an entry is given up. */
#ifdef DROP_BEFORE_BIRTH
#define IS_BUILDING false
#else
#define IS_BUILDING (lent & (BIT(built) | BIT(inner)))
#endif

/* What is borrowed of the first entry's list has that list alone, until it gets an entry of its own. */
#ifdef LENDER_DROPPED
#define IS_LENDING false
#else
#define IS_LENDING (borrowed != 0)
#endif

#define CAN_ACCESS (is_inside[self] && n_accesses > 0)
#define ACCESS     n_accesses--; was_used = true

/* The colour that is "marked" to this section: while arming, the one to come. */
#define MY_MARK           COLOUR(my_phase == ARMING -> 1 - my_epoch : my_epoch)
#define IS_MARKED(object) (mark[object] == (MY_MARK) || mark[object] == GREY || mark[object] == FLAGGED)

#ifdef WHITE_BIRTH
#define BIRTH_MARK COLOUR(1 - my_epoch)
#else
#define BIRTH_MARK COLOUR(my_epoch)
#endif

inline log_value(value) {
        if
        :: value != 0 && my_phase != IDLE && !(IS_MARKED(value)) -> log[self] = log[self] | BIT(value)
#ifdef FULL_LOG
        :: value != 0 && my_phase != IDLE && !(IS_MARKED(value)) -> mark[value] = FLAGGED
#endif
        :: else
        fi
}

inline make_entry(value) {
        if
        :: ENTRY(0) == 0 -> ENTRY(0) = value
        :: else -> ENTRY(1) = value
        fi
}

/* Room for an object: a hole of the thread's own block, as the section sees it, or simply the first that is free. */
#ifdef HOLES
#ifdef STALE_HOLE
#define HAS_HOLE (hole != 0)
#else
#define HAS_HOLE (hole != 0 && hole_epoch == my_epoch)
#endif
#define CAN_LEND (is_inside[self] && HAS_HOLE)
#define USE_HOLE value = hole; hole = 0; hole_epoch = 0; assert(kind[value] == HOLE)
#else
#define HAS_HOLE (FIRST_FREE != 0)
#define CAN_LEND HAS_HOLE
#define USE_HOLE value = FIRST_FREE
#endif

/* From here on no sweep touches it, whatever the epoch. */
#define LEND(object) \
        kind[object] = HOLE; mark[object] = NO_MARK; lent = lent | BIT(object); object = 0; was_used = is_inside[self]

/* Exchanging what a slot or a cell holds: two steps. The value logged is the one that the exchange returned. */
#ifdef EARLIER_READ
#define EXCHANGE_1(place) replaced = place; log_value(replaced)
#define EXCHANGE_2(place) place = value; value = 0; replaced = 0
#else
#define EXCHANGE_1(place) replaced = place; place = value; value = 0
#define EXCHANGE_2(place) log_value(replaced); replaced = 0
#endif

proctype mutator(bit self; byte n_accesses) {
        byte my_phase, value, replaced, cell;
        bit my_epoch;
        byte built, inner; /* by the publication, in a lent hole or in the store */
        byte hole;
        bit hole_epoch;
        byte borrowed;
        bool was_used, was_reused, borrowed_was_reused;

        do
        /* A section; one in which nothing is accessed is as none. */
        :: d_step { !is_inside[self] && n_accesses > 0 -> is_inside[self] = true; my_phase = phase; my_epoch = epoch }
        :: d_step {
                is_inside[self] && was_used ->
                was_used = false;
                is_inside[self] = false;
                is_awaited[self] = false;
                my_phase = IDLE;
                my_epoch = 0
        }
        :: d_step { is_inside[self] && !was_used -> n_accesses = 0; was_used = true }
        :: !is_inside[self] && n_accesses == 0 -> break

        /* Giving an entry up. What is being built is born first. */
        :: atomic {
                CAN_ACCESS && !IS_BUILDING && ((ENTRY(0) != 0 && !IS_LENDING) || ENTRY(1) != 0) ->
                ACCESS;
                if
                :: ENTRY(0) != 0 && !IS_LENDING -> replaced = ENTRY(0); ENTRY(0) = 0
                :: ENTRY(1) != 0 -> replaced = ENTRY(1); ENTRY(1) = 0
                fi
        };
        atomic {
#ifndef NO_ENTRY_LOG
                log_value(replaced);
#endif
                replaced = 0
        }

#ifdef ROOT
        /* Taking what the root slot holds: nothing is logged. */
        :: d_step { CAN_ACCESS && slot != 0 && HAS_ROOM -> ACCESS; hand[self] = slot };
        d_step { make_entry(hand[self]); hand[self] = 0 }

        /* Replacing it by a value that has an entry, or by nil. */
        :: atomic {
                CAN_ACCESS && (HAS_ENTRY || slot != 0) ->
                if
                :: ENTRY(0) != 0 -> value = ENTRY(0)
                :: ENTRY(1) != 0 -> value = ENTRY(1)
                :: slot != 0
                fi;
                ACCESS;
                EXCHANGE_1(slot)
        };
        atomic { EXCHANGE_2(slot) }
#endif

#ifdef CELLS
        /* Taking the child of what has an entry: a list's, or what a cell holds now. */
        :: atomic {
                CAN_ACCESS && HAS_ROOM && (child[ENTRY(0)] != 0 || child[ENTRY(1)] != 0) ->
                if
                :: child[ENTRY(0)] != 0 -> hand[self] = child[ENTRY(0)]
                :: child[ENTRY(1)] != 0 -> hand[self] = child[ENTRY(1)]
                fi;
                ACCESS
        };
        d_step { make_entry(hand[self]); hand[self] = 0 }

        /* Replacing what a cell that has an entry holds. */
        :: atomic {
                CAN_ACCESS && (IS_CELL(ENTRY(0)) || IS_CELL(ENTRY(1))) ->
                if
                :: IS_CELL(ENTRY(0)) -> cell = ENTRY(0)
                :: IS_CELL(ENTRY(1)) -> cell = ENTRY(1)
                fi;
                if
                :: ENTRY(0) != 0 -> value = ENTRY(0)
                :: ENTRY(1) != 0 -> value = ENTRY(1)
                :: child[cell] != 0
                fi;
                ACCESS;
                EXCHANGE_1(child[cell])
        };
        atomic { EXCHANGE_2(child[cell]); cell = 0 }
#endif

#ifdef BORROW
        /* Borrowing the child of a list that has an entry, for as long as that stands, across sections ... */
        :: d_step {
                CAN_ACCESS && borrowed == 0 && kind[ENTRY(0)] == LIST && child[ENTRY(0)] != 0 ->
                ACCESS;
                borrowed = child[ENTRY(0)];
                borrowed_was_reused = is_reused[borrowed]
        }
        /* ... and making an entry for it. */
        :: d_step {
                CAN_ACCESS && borrowed != 0 && ENTRY(1) == 0 ->
                ACCESS;
                assert(kind[borrowed] != FREE && is_reused[borrowed] == borrowed_was_reused);
                ENTRY(1) = borrowed;
                borrowed = 0;
                borrowed_was_reused = false
        }
#endif

#ifdef HOLES
        /* A block is taken, and its epoch noted. Nobody gives one up: it lapses when the epoch changes. */
        :: d_step {
                !is_inside[self] && n_accesses > 0 && hole == 0 && FIRST_FREE ->
                hole = FIRST_FREE;
                hole_epoch = epoch;
                kind[hole] = HOLE;
                mark[hole] = OWNED(epoch)
        }
#ifndef STALE_HOLE
        :: d_step { is_inside[self] && hole != 0 && hole_epoch != my_epoch -> hole = 0; hole_epoch = 0 }
#endif
#endif

#ifdef BUILD
        /* Building a list or a cell over a value that has an entry, or over nil; it is born in the same section. */
        :: atomic {
                CAN_ACCESS && HAS_ROOM && HAS_HOLE ->
                ACCESS;
                USE_HOLE;
                child[value] = ENTRY(0);
                mark[value] = BIRTH_MARK;
                if
                :: child[value] != 0 -> kind[value] = LIST
                :: kind[value] = CELL
                fi;
                make_entry(value);
                value = 0
        }
#endif

#ifdef PUBLISH
        /* A publication builds in holes that are lent to it, also outside sections. First the outer list, unfilled. */
        :: d_step {
                n_accesses > 0 && built == 0 && CAN_LEND ->
                ACCESS;
                USE_HOLE;
                built = value;
                LEND(value)
        }
        /* The slice ends: it is born, and recorded. */
        :: d_step {
                is_inside[self] && built != 0 && (lent & BIT(built)) ->
                was_used = true;
                assert(kind[built] == HOLE);
                kind[built] = LIST;
                mark[built] = BIRTH_MARK;
                record[self] = BIT(built);
                lent = lent & ~BIT(built)
        }
        /* The next slice: the inner one, over a value that has an entry or nil, ... */
        :: d_step {
                built != 0 && inner == 0 && kind[built] == LIST && CAN_LEND ->
                USE_HOLE;
                inner = value;
                LEND(value)
        }
        :: d_step {
                inner != 0 && kind[inner] == HOLE ->
                kind[inner] = LIST;
#ifdef BUILT_OVER_ROOT
                child[inner] = slot
#else
                child[inner] = ENTRY(0)
#endif
        }
        /* ... filled into the outer one before or after it is born. */
        :: d_step { inner != 0 && kind[inner] == LIST && child[built] == 0 -> child[built] = inner }
        :: d_step {
                is_inside[self] && (lent & BIT(inner)) && kind[inner] == LIST ->
                was_used = true;
                mark[inner] = BIRTH_MARK;
                record[self] = record[self] | BIT(inner);
                lent = lent & ~BIT(inner)
        }
        /* The result gets its entry; then the record is given up. */
        :: d_step {
                is_inside[self] && child[built] != 0 && !IS_BUILDING && HAS_ROOM ->
                was_used = true;
                make_entry(built);
                built = 0;
                inner = 0
        };
        d_step {
#ifndef RECORD_LOST
                left = left | (my_phase == IDLE -> 0 : record[self]);
#endif
                record[self] = 0
        }
#endif

#ifdef WEAK
        /* Upgrading: the weak's word is read ... */
        :: d_step {
                CAN_ACCESS && weak != 0 && HAS_ROOM ->
                ACCESS;
                value = weak;
                was_reused = is_reused[value]
        };
        /* ... then the mark looked at ... */
        if
        :: my_phase != MARKING || IS_MARKED(value)
        :: else ->
                /* ... and if there is none, the upgrade counted, unless the word is closed, and the value logged ... */
                if
                :: is_closed -> value = 0
                :: atomic {
                        !is_closed ->
#ifndef UPGRADE_UNCOUNTED
                        n_upgrades++
#endif
                };
#ifndef UPGRADE_UNLOGGED
                        atomic { log_value(value) }
#endif
                fi
        fi;
        /* ... and the entry made, all in one section. */
        d_step {
                assert(value == 0 || (kind[value] != FREE && is_reused[value] == was_reused));
                if
                :: value != 0 -> make_entry(value)
                :: else
                fi;
                value = 0;
                was_reused = false
        }
#endif

#ifdef DEATH
        /* The task ends: its entries change owner, whole. */
        :: d_step {
                is_inside[self] && HAS_ENTRY && !IS_BUILDING && !IS_LENDING ->
                was_used = true;
                n_accesses = 0;
#ifndef ENTRIES_LOST
                left = left | (my_phase == IDLE -> 0 : BIT(ENTRY(0)) | BIT(ENTRY(1)));
#endif
                ENTRY(0) = 0;
                ENTRY(1) = 0
        }
#endif

#ifdef SWEEP_BY_MUTATORS
        :: d_step {
                is_inside[self] && my_phase == IDLE && unswept != 0 ->
                assert(my_epoch == epoch);
                was_used = true;
                o = FIRST(unswept);
                sweep_object(o, my_epoch)
        }
#endif
        od;

        /* The thread detaches. Entries and a record that are left belong to tasks, and stay. */
        atomic {
#ifndef LOST_LOG
                log[2] = log[2] | log[self];
#endif
                log[self] = 0;
                hole = 0;
                hole_epoch = 0;
                borrowed = 0;
                borrowed_was_reused = false;
                is_detached[self] = true
        }
}

/*
 * The collector.
 */

inline grace_period() {
        d_step { is_awaited[0] = is_inside[0]; is_awaited[1] = is_inside[1] };
        !is_awaited[0] && !is_awaited[1]
}

/* What is not born yet is passed over. */
inline shade(object) {
        if
        :: object != 0 && mark[object] != NO_MARK && mark[object] != COLOUR(epoch) && mark[object] != GREY ->
                assert(kind[object] > HOLE);
                mark[object] = GREY;
                has_found = true
        :: else
        fi
}

#define FLAGGED_ONES \
        ((mark[1] == FLAGGED -> BIT(1) : 0) | (mark[2] == FLAGGED -> BIT(2) : 0) | (mark[3] == FLAGGED -> BIT(3) : 0) | \
         (mark[4] == FLAGGED -> BIT(4) : 0))

inline shade_set(set) {
        v = 1;
        do
        :: v <= N ->
                if
                :: set & BIT(v) -> shade(v)
                :: else
                fi;
                v++
        :: else -> break
        od;
        v = 0
}

#define HAS_GREY (mark[1] == GREY || mark[2] == GREY || mark[3] == GREY || mark[4] == GREY)

inline trace_one() {
        v = (mark[1] == GREY -> 1 : (mark[2] == GREY -> 2 : (mark[3] == GREY -> 3 : 4)));
        mark[v] = COLOUR(epoch);
        shade(child[v]);
        v = 0
}

/* Place by place, in a linear walk. */
inline read_roots() {
        d_step { shade(slot) };
        d_step { shade(entry[0]) };
        d_step { shade(entry[1]) };
        d_step { shade(entry[2]) };
        d_step { shade(entry[3]) };
#ifndef RECORD_NOT_KEPT
        d_step { shade_set(record[0]) };
        d_step { shade_set(record[1]) };
#endif
        skip
}

inline mark_all() {
        do
        :: d_step { HAS_GREY -> trace_one() }
        :: d_step { !HAS_GREY && !is_marked -> n_seen = n_upgrades; has_found = false };
#ifndef NO_LAST_GRACE
                grace_period();
#endif
                d_step { shade_set(log[0]); log[0] = 0 };
                d_step { shade_set(log[1]); log[1] = 0 };
                d_step { shade_set(log[2]); log[2] = 0 };
                d_step {
                        shade_set(left);
#ifndef LEFT_FOR_EVER
                        left = 0
#endif
                };
                d_step { o = FLAGGED_ONES; shade_set(o); o = 0 };
                /* Closing is a compare-and-set. */
                d_step {
                        is_marked = !has_found && n_upgrades == n_seen;
                        is_closed = is_marked;
                        n_seen = 0;
                        has_found = false
                }
        :: is_marked -> break
        od
}

inline cycle() {
        /* What was given up before is of no concern to this cycle. */
        d_step {
                log[0] = 0;
                log[1] = 0;
                log[2] = 0;
#ifndef LEFT_FOR_EVER
                left = 0
#endif
        };
#ifndef NO_ARMING
        phase = ARMING;
        grace_period();
#endif
        d_step { is_closed = false; n_upgrades = 0 };
#ifdef TWO_WRITES
        phase = MARKING;
        epoch = 1 - epoch;
#else
        d_step { phase = MARKING; epoch = 1 - epoch };
#endif
#ifdef ROOTS_BEFORE_GRACE
        read_roots();
        grace_period();
#else
#ifndef NO_MARKING_GRACE
        grace_period();
#endif
        read_roots();
#endif
        mark_all();
        atomic {
                is_marked = false;
                if
                :: weak != 0 && mark[weak] != COLOUR(epoch) -> weak = 0
                :: else
                fi
        };
#ifndef NO_SWEEP_GRACE
        grace_period();
#endif
        d_step { phase = IDLE; unswept = ALL };
#ifdef SWEEP_BY_STEPS
        do
        :: d_step { unswept != 0 -> o = FIRST(unswept); sweep_object(o, epoch) }
        :: unswept == 0 -> break
        od
#else
        d_step { sweep_object(1, epoch); sweep_object(2, epoch); sweep_object(3, epoch); sweep_object(4, epoch) }
#endif
}

proctype collector() {
        byte v, n_seen, n_cycles;
        bool has_found, is_marked;

        do
        :: n_cycles < CYCLES -> cycle(); n_cycles++
        :: is_detached[0] && is_detached[1] -> break
        od;
        is_detached[0] && is_detached[1];
        atomic {
                n_cycles = 0;
                do
                :: n_cycles < 2 -> cycle(); n_cycles++
                :: else -> break
                od;
                find_reachable();
                reachable = reachable | lent;
                assert(kind[1] <= HOLE || (reachable & BIT(1)));
                assert(kind[2] <= HOLE || (reachable & BIT(2)));
                assert(kind[3] <= HOLE || (reachable & BIT(3)));
                assert(kind[4] <= HOLE || (reachable & BIT(4)))
        }
}

/* The slot holds cell 1, which holds list 2. Cell 3 is held by an entry, or borrowed from list 2, or has a weak value made
 * for it; else there is none. */
init {
        d_step {
#ifdef WEAK
                weak = 3;
#endif
#ifdef BORROW
                child[2] = 3;
#endif
                slot = 1;
                kind[1] = CELL;
                mark[1] = COLOUR(0);
                child[1] = 2;
                kind[2] = LIST;
                mark[2] = COLOUR(0);
                entry[0] = ENTRY_0;
                entry[2] = ENTRY_1;
                if
                :: ENTRY_0 == 3 || ENTRY_1 == 3 || weak == 3 || child[2] == 3 -> kind[3] = CELL; mark[3] = COLOUR(0)
                :: else
                fi
        };
        atomic {
                run mutator(0, ACCESSES_0);
                run mutator(1, ACCESSES_1);
                run collector()
        }
}

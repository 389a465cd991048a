/* The floor of the benchmark: commands that do nothing, as a module in C. `cargo xtask bench` compiles it and loads it beside the engine.
 *
 *   FLOOR.CALL x word     replies with a list of the word, at once
 *   FLOOR.INSIDE x word   the same, after blocking and unblocking the client inside the command
 *   FLOOR.THREAD x word   the same, from another thread
 */
#include <pthread.h>
#include <stdlib.h>

/* The part of the server's module API that is used here. */
typedef struct Context Context;
typedef struct String String;
typedef struct Client Client;
typedef int (*Command)(Context *, String **, int);

static int (*GetApi)(const char *, void *);
static int (*SetModuleAttribs)(Context *, const char *, int, int);
static int (*CreateCommand)(Context *, const char *, Command, const char *, int, int, int);
static int (*ReplyWithArray)(Context *, long);
static int (*ReplyWithString)(Context *, String *);
static Client *(*BlockClient)(Context *, Command, Command, void (*)(Context *, void *), long long);
static int (*UnblockClient)(Client *, void *);
static int (*WrongArity)(Context *);

#define OK 0
#define ERR 1

static int call(Context *context, String **words, int count) {
  if (count != 3) return WrongArity(context);
  ReplyWithArray(context, 1);
  return ReplyWithString(context, words[2]);
}

static int inside(Context *context, String **words, int count) {
  (void)words;
  if (count != 3) return WrongArity(context);
  return UnblockClient(BlockClient(context, call, call, NULL, 0), NULL);
}

/* The clients that wait for the thread, newest last. */
typedef struct Waiting {
  Client *client;
  struct Waiting *next;
} Waiting;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static Waiting *first, **last = &first;

static void *answer(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&lock);
    while (!first) pthread_cond_wait(&work, &lock);
    Waiting *all = first;
    first = NULL;
    last = &first;
    pthread_mutex_unlock(&lock);
    while (all) {
      Waiting *one = all;
      all = one->next;
      UnblockClient(one->client, NULL);
      free(one);
    }
  }
  return NULL;
}

static int thread(Context *context, String **words, int count) {
  (void)words;
  if (count != 3) return WrongArity(context);
  Waiting *one = malloc(sizeof *one);
  if (!one) abort();
  one->client = BlockClient(context, call, call, NULL, 0);
  one->next = NULL;
  pthread_mutex_lock(&lock);
  int was_empty = !first;
  *last = one;
  last = &one->next;
  pthread_mutex_unlock(&lock);
  if (was_empty) pthread_cond_signal(&work);
  return OK;
}

/* The server exports the function with the name GetApi through the first word of the context. */
int RedisModule_OnLoad(Context *context, String **words, int count) {
  (void)words;
  (void)count;
  GetApi = *(int (**)(const char *, void *))context;
  struct {
    const char *name;
    void *function;
  } wanted[] = {
      {"RedisModule_SetModuleAttribs", &SetModuleAttribs}, {"RedisModule_CreateCommand", &CreateCommand},
      {"RedisModule_ReplyWithArray", &ReplyWithArray},     {"RedisModule_ReplyWithString", &ReplyWithString},
      {"RedisModule_BlockClient", &BlockClient},           {"RedisModule_UnblockClient", &UnblockClient},
      {"RedisModule_WrongArity", &WrongArity},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (GetApi(wanted[i].name, wanted[i].function) != OK) return ERR;
  SetModuleAttribs(context, "floor", 1, 1);
  pthread_t answering;
  if (pthread_create(&answering, NULL, answer, NULL) != 0) return ERR;
  if (CreateCommand(context, "floor.call", call, "fast", 0, 0, 0) != OK) return ERR;
  if (CreateCommand(context, "floor.inside", inside, "fast", 0, 0, 0) != OK) return ERR;
  return CreateCommand(context, "floor.thread", thread, "fast", 0, 0, 0);
}

/*
 * tests/fuzz/replay_main.c - runs a fuzz target over the inputs that are kept: corpus/NAME and
 * regress/NAME.
 *
 * The name of an input is printed before it is run, so that the last one printed is the one that
 * crashed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The input lies in memory of exactly its size: one byte further is an error that is seen. */
static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;
    long n;

    if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(f);
    data = malloc((size_t)n + (n == 0));
    if (!data || fread(data, 1, (size_t)n, f) != (size_t)n) {
        perror(path);
        exit(1);
    }
    fclose(f);
    fprintf(stderr, "# %s\n", path);
    LLVMFuzzerTestOneInput(data, (size_t)n);
    free(data);
}

static int run_dir(const char *top, const char *kind, const char *name)
{
    char path[4096];
    struct dirent *e;
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s/%s", top, kind, name);
    dir = opendir(path);
    if (!dir)
        return 0;
    while ((e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s/%s/%s", top, kind, name, e->d_name);
        run_file(path);
        count++;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int count;

    if (argc != 3) {
        fprintf(stderr, "usage: replay NAME DIRECTORY-OF-corpus-AND-regress\n");
        return 2;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    count = run_dir(argv[2], "corpus", argv[1]) + run_dir(argv[2], "regress", argv[1]);
    if (count == 0)
        fprintf(stderr, "no input in %s/corpus/%s\n", argv[2], argv[1]);
    return count == 0;
}

/* Reading, writing, and what equal values share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "number.h"
#include "read.h"
#include "table.h"
#include "utf8.h"

static bool same_number(const char *a, const char *b) {
    return number_equal(text_of(a), text_of(b)) && number_equal(text_of(b), text_of(a));
}

void test_numbers(void) {
    CHECK(same_number("1", "1.0"));
    CHECK(same_number("1", "10e-1"));
    CHECK(same_number("0.1E+1", "1.000"));
    CHECK(same_number("-0", "0.00e7"));
    CHECK(same_number("120", "1.2e2"));
    CHECK(same_number("0.00120", "12e-4"));
    CHECK(same_number("1e400", "10e399"));
    CHECK(
        same_number("123456789012345678901234567890", "12345678901234567890123456789e1"));
    CHECK(
        !same_number("123456789012345678901234567890", "123456789012345678901234567891"));
    CHECK(!same_number("1", "-1"));
    CHECK(!same_number("1", "10"));
    CHECK(!same_number("0", "1"));
    CHECK(!same_number("12", "1.25e1"));
    CHECK(!same_number("1e99999999999999999999", "1e-99999999999999999999"));
}

static size_t mistake(const char *text) {
    const char *what = NULL;
    return utf8_check(text, strlen(text), &what);
}

void test_encoding(void) {
    CHECK(mistake("plain text, and more of it") == 26);
    CHECK(mistake("\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E") == 9);
    CHECK(mistake("abc\xC0\x80") == 3);
    CHECK(mistake("abc\xE0\x80\x80") == 3);
    CHECK(mistake("abc\xED\xA0\x80") == 3);
    CHECK(mistake("abc\xF4\x90\x80\x80") == 3);
    CHECK(mistake("abc\xE2\x82") == 3);
    CHECK(mistake("abc\x80") == 3);
    CHECK(mistake("\"\\uD834\\uDD1E\"") == 14);
    CHECK(mistake("\"\\uD834\"") == 1);
    CHECK(mistake("\"\\uD834\\u0041\"") == 1);
    CHECK(mistake("\"\\uDD1E\"") == 1);
    CHECK(mistake("\"\\\\uD834\"") == 9);
    CHECK(mistake("[1,\f2]") == 3);
}

static void round_trip(enum memory_kind kind, const char *text) {
    struct history history;
    history_init(&history, kind, NULL);
    CHECK(is_written(&history, value_of(&history, text), text));
    CHECK(history_deinit(&history));
}

void test_round_trip(void) {
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.50",
        "1E400",
        "-0.0e-00",
        "\"\"",
        "[]",
        "{}",
        "123456789012345678901234567890.123456789012345678901234567890",
        "\"1234567\"",
        "\"12345678\"",
        "\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\"",
        "\"\xC3\xA9\xF0\x9D\x84\x9E and more of it\"",
        "{\"b\":1,\"a\":2,\"b\":1,\"b\":3}",
        "{\"\":{\"\":[[],{},[[]]]}}",
        "[1,\"1\",1.0,\"12345678\",12345678,[1],[\"1\"]]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        round_trip(MEMORY_GLOBAL, texts[i]);
        round_trip(MEMORY_LOCAL, texts[i]);
        round_trip(MEMORY_ARENA, texts[i]);
    }
}

static void rejects(const char *text, size_t line, size_t column) {
    struct history history;
    struct document document;
    struct problem problem = {0};
    history_init(&history, MEMORY_LOCAL, NULL);
    CHECK(!read_text(&history.intern, memory_scratch(&history.memory), text_of(text),
                     &document, &problem));
    CHECK(problem.kind == PROBLEM_DATA);
    if (problem.line != line || problem.column != column) {
        problem_report(&problem, text);
    }
    CHECK(problem.line == line && problem.column == column);
    CHECK(history_deinit(&history));
}

void test_mistakes(void) {
    rejects("", 1, 1);
    rejects("[1,2", 1, 5);
    rejects("[1,x]", 1, 4);
    rejects("[1 2]", 1, 4);
    rejects("[1,,2]", 1, 4);
    rejects("[1\n,2\n,}", 3, 2);
    rejects("{\"abc\":1 \"d\":2}", 1, 10);
    rejects("{\"a\"::1}", 1, 6);
    rejects("{\"a\":1,}", 1, 8);
    rejects("{1:2}", 1, 2);
    rejects("[012]", 1, 3);
    rejects("[1.]", 1, 4);
    rejects("123 456", 1, 5);
    rejects("[true] \"abc\"", 1, 8);
    rejects("[true] \"abc", 1, 8);
    rejects("2\"a-:]", 1, 2);
    rejects("true tru", 1, 6);
    rejects("-", 1, 2);
    rejects("\xEF\xBB\xBF{}", 1, 1);
    rejects("[\"a\", \n\"\\uD800\"]", 2, 2);
    rejects("[1,\f2]", 1, 4);
    rejects("[1}, \"\xFF\"]", 1, 3);
}

static char *nested(size_t depth, bool closed) {
    char *text = malloc(2 * depth + 1);
    CHECK(text != NULL);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[closed ? 2 * depth : depth] = '\0';
    return text;
}

static void nests(size_t depth) {
    char *text = nested(depth, true);
    round_trip(MEMORY_LOCAL, text);
    free(text);
}

static void nests_too_deep(size_t depth, bool closed) {
    char *text = nested(depth, closed);
    rejects(text, 1, VALUE_HEIGHT_LIMIT + 1);
    free(text);
}

void test_nesting(void) {
    nests(VALUE_HEIGHT_LIMIT);
    nests_too_deep(VALUE_HEIGHT_LIMIT + 1, true);
    nests_too_deep(1000000, true);
    nests_too_deep(1000000, false);
}

void test_sharing(void) {
    struct history history;
    struct table table;
    history_init(&history, MEMORY_LOCAL, NULL);
    CHECK(history_add_text(&history, "a", text_of("{\"x\":[1,2,3],\"y\":[1,2,3]}")));
    CHECK(history_add_text(&history, "b", text_of("{\"y\":[1,2,3],\"x\":[1,2,3]}")));
    value a = history_version(&history, 0)->root;
    value b = history_version(&history, 1)->root;
    CHECK(!value_same(a, b));
    CHECK(value_same(value_member(a, "x"), value_member(b, "y")));
    CHECK(table_measure(&table, &history));
    CHECK(table.values == 22 && table.distinct == 8 && table.equal == 2);
    CHECK(history_deinit(&history));
}

/* What an invalid text left is gone, and what is in use is still found. */
void test_sweep(void) {
    struct history history;
    history_init(&history, MEMORY_LOCAL, NULL);
    CHECK(history_add_text(&history, "a", text_of("[[\"kept in the table\"], 1]")));
    size_t used = history.intern.used;
    CHECK(history_add_text(&history, "b", text_of("[[[\"not kept at all\"]], [2], ")));
    CHECK(history.status == PROBLEM_DATA && history.skipped == 1);
    CHECK(history.intern.used > used && history_tidy(&history));
    CHECK(history.intern.used == used);
    value again = value_of(&history, "[[\"kept in the table\"],1]");
    CHECK(value_same(again, history_version(&history, 0)->root));
    CHECK(history_deinit(&history));
}

/* What is kept too long is noticed, and stays valid until it is let go. */
static void leak_is_seen(enum memory_kind kind) {
    struct history history;
    history_init(&history, kind, NULL);
    value kept = value_clone(value_of(&history, "[\"longer than a word\", 1]"));
    CHECK(!history_deinit(&history));
    char room[VALUE_SHORT_TEXT];
    CHECK(text_equal(value_text(value_list(kept)->items[0], room),
                     text_of("longer than a word")));
    value_drop(kept);
    CHECK(history.memory.values.counter.live_blocks == 0);
}

void test_leaks(void) {
    leak_is_seen(MEMORY_GLOBAL);
    leak_is_seen(MEMORY_LOCAL);
}

// Run by the build: prepares what prepared.h declares, as C++.
//   culprit_prepare OUT.cpp
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "matchers/candidate_index.h"
#include "matchers/catalogue.h"
#include "matchers/embedded_file.h"
#include "matchers/literal_filter.h"
#include "matchers/prepared.h"
#include "matchers/recognition.h"
#include "matchers/required_literals.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_catalogue();

namespace {

/// As a string literal, in pieces that a compiler takes.
void write_bytes(std::ostream& out, const std::string& bytes) {
    constexpr std::size_t kLine = 64;
    for (std::size_t at = 0; at < bytes.size(); at += kLine) {
        out << "\n    \"";
        for (const char byte : bytes.substr(at, kLine)) {
            char octal[8];
            std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(byte));
            out << octal;
        }
        out << '"';
    }
}

void write_filters(std::ostream& out, const std::vector<const LiteralFilter*>& filters) {
    std::string entries;
    int count = 0;
    for (const LiteralFilter* filter : filters) {
        for (const std::string& database : LiteralFilter::serialised(filter->literals())) {
            const std::string name = "database_" + std::to_string(count++);
            out << "constexpr char " << name << "[] =";
            write_bytes(out, database);
            out << ";\n";
            entries +=
                "    {" + std::to_string(digest_of(filter->literals())) + "ULL, {" + name + ", sizeof " + name + " - 1}},\n";
        }
    }
    out << "constexpr std::array<PreparedFilter, " << count << "> kFilters{{\n" << entries << "}};\n";
}

/// What read_prepared reads; the texts leave the node.
std::string take_server_texts(YAML::Node& root) {
    std::string lines;
    for (const auto& entry : root["server_texts"]) {
        for (const auto& text : entry.second) {
            const auto part = [&](const char* key) {
                return text.IsMap() && text[key] ? text[key].as<std::string>() : std::string();
            };
            lines += entry.first.as<std::string>() + '\t' + part("level") + '\t' + part("detail") + '\t' +
                     (text.IsMap() ? part("text") : text.as<std::string>()) + '\n';
        }
    }
    root.remove("server_texts");
    return lines;
}

/// Those that reading would derive.
std::vector<std::string> literals_of(const Pattern& pattern) {
    if (!pattern.adds_only && !pattern.says_nothing) return pattern.literals;
    // In the filter for their literals where they ask for earlier lines; else found as CandidateIndex finds them.
    if (!pattern.literals.empty() || pattern.asks_before() || !pattern.match) return pattern.literals;
    return needed_texts(pattern.match->text());
}

void write_catalogue(std::ostream& out, const Catalogue& catalogue) {
    std::map<std::string, const Pattern*> patterns;
    for (const Pattern& pattern : catalogue.patterns()) patterns[pattern.id] = &pattern;
    std::string entries;
    int count = 0;
    for (const EmbeddedFile& file : embedded_catalogue()) {
        YAML::Node root = YAML::Load(std::string(file.content));
        const std::string texts = take_server_texts(root);
        for (const char* list : {"patterns", "messages", "narrators"}) {
            for (auto node : root[list]) {
                node.remove("examples");
                node.remove("counter_examples");
                const auto pattern = patterns.find(node["id"].as<std::string>());
                if (list != std::string_view("patterns")) continue;
                if (const auto literals = literals_of(*pattern->second); !literals.empty()) node["literals"] = literals;
            }
        }
        const std::string number = std::to_string(count++);
        out << "constexpr char texts_" << number << "[] = \"\"";
        write_bytes(out, texts);
        out << ";\nconstexpr char rest_" << number << "[] = \"\"";
        write_bytes(out, YAML::Dump(root));
        out << ";\n";
        entries += "    {\"" + std::string(file.name) + "\", {texts_" + number + ", sizeof texts_" + number + " - 1}, {rest_" +
                   number + ", sizeof rest_" + number + " - 1}},\n";
    }
    out << "constexpr std::array<PreparedFile, " << count << "> kCatalogue{{\n" << entries << "}};\n";
}

int prepare(const char* path) {
    const auto recognition = Recognition::load({}, {});
    if (!recognition.ok()) {
        std::fprintf(stderr, "culprit_prepare: %s\n", recognition.error().message.c_str());
        return 1;
    }
    std::vector<const LiteralFilter*> filters{&recognition.value()->filter()};
    if (const auto* additions = recognition.value()->candidates().additions()) filters.push_back(additions);
    std::ofstream out(path, std::ios::binary);
    out << "// Written by culprit_prepare.\n#include <array>\n\n#include \"matchers/prepared.h\"\n\nnamespace culprit "
           "{\nnamespace {\n";
    write_filters(out, filters);
    write_catalogue(out, recognition.value()->catalogue());
    out << "}  // namespace\nstd::span<const PreparedFilter> prepared_filters() { return kFilters; }\nstd::span<const "
           "PreparedFile> prepared_catalogue() { return kCatalogue; }\n}  // namespace culprit\n";
    out.close();
    return out ? 0 : 1;
}

}  // namespace
}  // namespace culprit

int main(int count, char** arguments) {
    if (count == 2) return culprit::prepare(arguments[1]);
    std::fprintf(stderr, "usage: culprit_prepare OUT.cpp\n");
    return 2;
}

#include <exception>

#include "daemon/commands/commands.h"

int main(int argc, char** argv) {
    try {
        return culprit::command_line(argc, argv);
    } catch (const std::exception& error) {
        return culprit::fail(culprit::kWrongUsage, error.what());
    }
}

#include "daemon/commands/incident_difference.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

IncidentDocument document(std::string id, std::string culprit) {
    IncidentDocument result;
    result.json = R"({"message":"unique_violation of )" + id + R"(","culprit":{)" + culprit + "}}";
    result.id = std::move(id);
    return result;
}

constexpr const char* kPlain =
    R"("status":"open","severity":"SEV3","version":7,"symptom":{"kind":"unique_violation","count":12})";

TEST(IncidentDifference, the_same_documents_differ_in_nothing_whatever_their_versions) {
    const auto found = difference(
        {document("a", kPlain)},
        {document("a", R"("status":"open","severity":"SEV3","version":9,"symptom":{"kind":"unique_violation","count":12})")});
    EXPECT_EQ(found.same, 1U);
    EXPECT_TRUE(found.incidents.empty());
}

TEST(IncidentDifference, new_gone_and_changed_incidents_are_told_apart_in_the_order_of_their_ids) {
    const auto found = difference(
        {document("a", kPlain), document("b", kPlain)},
        {document(
             "b",
             R"("status":"open","severity":"SEV1","symptom":{"kind":"unique_violation","count":12},"causes":[{"summary":"migration 42","confidence":0.9}])"),
         document("c", kPlain)});
    EXPECT_EQ(found.before, 2U);
    EXPECT_EQ(found.after, 2U);
    EXPECT_EQ(found.same, 0U);
    ASSERT_EQ(found.incidents.size(), 3U);
    EXPECT_EQ(found.incidents[0].what, IncidentDifference::What::gone);
    EXPECT_EQ(found.incidents[0].title, "unique_violation of a");
    EXPECT_EQ(found.incidents[1].what, IncidentDifference::What::changed);
    const std::map<std::string, std::pair<std::string, std::string>> fields{
        {"severity", {"SEV3", "SEV1"}}, {"cause.summary", {"", "migration 42"}}, {"cause.confidence", {"", "0.9"}}};
    EXPECT_EQ(found.incidents[1].fields, fields);
    EXPECT_EQ(found.incidents[2].what, IncidentDifference::What::added);
}

TEST(IncidentDifference, superseded_documents_and_changes_do_not_count) {
    const auto found = difference({document("a", R"("status":"merged","merged_into":"b","symptom":{})")},
                                  {document("w", R"("change":{"kind":"migration"})")});
    EXPECT_EQ(found.before, 0U);
    EXPECT_EQ(found.after, 0U);
    EXPECT_TRUE(found.incidents.empty());
}

}  // namespace
}  // namespace culprit

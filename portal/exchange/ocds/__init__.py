"""采购招标 as open data by the Open Contracting Data Standard (OCDS) 1.1.5.

One project is one contracting process with one ocid, one published version is one
release, and a project's record holds its releases and the state in force. Every
release tells the whole project as that version did; the compiled release is the
newest version restated, not the sum of all releases: what a correction took out
is not in it. A withdrawn version is as if it had never been: neither its content
nor a comparison with it reaches the output. Where a version is withdrawn later,
the tags of the one after it may therefore change.

How the Chinese stages are told:

* 采购意向 is `planning`, with its budget and its expected month as a milestone that is due
  by the end of that month. The tender is then `planned`.
* 公告 and everything up to the bids is `tender`; 最高限价 is its value; 澄清或修改 are its
  amendments; 单一来源公示 and 中标候选人公示 are milestones, due on their last day. It is
  `unsuccessful` where every bidder lost, was rejected or withdrew, or after 流标 or 废标, `cancelled`
  after 终止; the day and the reason are a milestone that is met.
* 代理机构 is the procuring entity, for it manages the procurement; without one the buyer is.
* 中标（成交）结果 is the award, 合同 the contract with the sum that was signed; 变更签证 are its
  amendments (their sums stand in the text, and are not added up); 验收 is a milestone of its
  implementation and ends it. A contract whose award is not told, or an acceptance whose
  contract is not told, rests on one that says no more than that it exists.
* An award or contract that a later version no longer tells stays in the release as `cancelled`.
  A project that is 废止 before it is accepted is cancelled or terminated at the stage it had reached.
* A day becomes its first second at +08:00, or its last where a period ends on it.
* Links are told only where they are http or https; notices only where the project's own page
  has such an address. Days of announcement go with them.
* Organizations are identified under the scheme CN-USCC by their 统一社会信用代码 (GB 32100-2015).
  The scheme is this portal's own name for it: org-id.guide has none. Those without a code have a local id.

What has no place in OCDS 1.1 is left out, and no extension is declared: bids with their
prices, scores, ranks and outcomes; 评审专家; 异议、质疑、投诉; 分管领导, 分管事项, 采购计划提出科室 and
主要负责人同意情况; 决策记录编号; 是否依法必须招标; 是否列入集中采购目录; 文件发售截止; 公告媒体; 公示起始 and 候选人公示起始;
收到评标报告日期; 发出中标通知书日期; 招投标情况报告日期; 合同备案日期; 履约保证金; 验收人; 采购文件保存至;
采购活动开始日期; 未成交公告日期 and 未成交后的安排; and the directory elements that every disclosure has. The project's own page and JSON have them all.
"""

from portal.exchange.ocds.inputs import LOCAL_PREFIX, Buyer, Place, Project, TenderVersion
from portal.exchange.ocds.packages import ocid, record_lines, record_package, release_package

__all__ = [
    "LOCAL_PREFIX",
    "Buyer",
    "Place",
    "Project",
    "TenderVersion",
    "ocid",
    "record_lines",
    "record_package",
    "release_package",
]

/** Titles of problems by status, in the languages of the product. */
const TITLES: Record<number, { en: string; 'zh-CN': string }> = {
  400: { en: 'The input is malformed', 'zh-CN': '请求格式有误' },
  401: { en: 'Not authenticated', 'zh-CN': '未登录或凭证无效' },
  403: { en: 'Not allowed', 'zh-CN': '没有权限' },
  404: { en: 'Not found', 'zh-CN': '不存在' },
  405: { en: 'Method not allowed', 'zh-CN': '不支持的方法' },
  408: { en: 'Request timeout', 'zh-CN': '请求超时' },
  409: { en: 'In conflict with the current state', 'zh-CN': '与当前状态冲突' },
  413: { en: 'Content too large', 'zh-CN': '内容过大' },
  415: { en: 'Unsupported media type', 'zh-CN': '不支持的内容类型' },
  422: { en: 'Refused by a business rule', 'zh-CN': '业务规则不允许' },
  429: { en: 'Too many requests', 'zh-CN': '请求过于频繁' },
  431: { en: 'Request header fields too large', 'zh-CN': '请求头过大' },
  500: { en: 'Internal error', 'zh-CN': '服务内部错误' },
  503: { en: 'Temporarily unavailable', 'zh-CN': '服务暂不可用' },
};

export function titleOf(status: number, language: 'en' | 'zh-CN'): string {
  return (TITLES[status] ?? TITLES[status >= 500 ? 500 : 400])?.[language] ?? 'Problem';
}
